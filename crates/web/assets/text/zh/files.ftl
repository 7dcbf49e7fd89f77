# 作为材料的文件。
case-files = 照片或 PDF
case-files-hint = 最多 { $count } 个，每个不超过 { $size } MB，JPEG、PNG、WebP 照片或 PDF。照片自动去掉拍摄位置和设备信息；PDF 按原样保存，里面的作者、时间等信息不会去掉，反映人看不到。
field-bad-file = 只接受 JPEG、PNG、WebP 照片和 PDF
file-kilobytes = { $size } KB
document-open = 打开
document-save = 下载
document-here = 在本页查看
document-as-is = 按原样保存，未去除作者、时间等信息；反映人看不到
field-file-damaged = 这个文件打不开，请换一个
