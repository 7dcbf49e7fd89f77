# 反映问题的几页。
report-leaves = 反映问题的步骤
report-leaf-what = 事情经过
report-leaf-where = 在哪里、照片
report-leaf-contact = 怎样联系您
report-leaf-check = 核对并提交
report-next = 下一步
report-back = 上一步
report-kept-hint = 点“下一步”，这一页就加密保存在服务器上，两小时内有效；您的设备上不留任何内容。
report-check-lead = 看一遍有没有写错。提交以后还可以凭查询码补充。
report-change = 修改
report-discard = 不反映了，删掉已写的内容
report-begun = 您在这台设备上有还没提交的反映
report-go-on = 接着写 { $time } 保存的那件
report-gone = 之前写的内容已经不在了：两小时没有继续就会自动删除，或者已被您删掉。请重新填写。
report-sent-already = 那件反映已经提交过了。查看请点上方的“查询进度”；下面可以另外反映一件。
report-no-room = 现在同时填写的人太多，暂时不能分步保存。您写的都在下面，请在这一页填完直接提交。
report-photo-kept = 第 { $number } 张，{ $size } KB，已保存
report-photo-remove = 去掉
report-photos-count = { $count ->
    [0] 没有照片
   *[other] { $count } 张
}
report-photos-gone = 之前选的照片已经不在了，请重新选择
receipt-qr = 查询页面的二维码
receipt-qr-hint = 手机扫码打开查询页面，查询码自动填好。也可以打开这个网址，输入查询码：
receipt-raised = 收到时间
receipt-next = 接下来
receipt-next-handled = 受理、派给承办单位办理：
receipt-next-verified = 办好以后，由承办单位以外的人核验。
receipt-next-answered = 把结果告诉您。您说没有解决，就重新办理。
