# 告知书。
notices-title = 打印告知书
notice-print = 打印
notice-with-name = 填上反映人姓名
notice-name-hint = 查看姓名会记入事项经过。
notice-blank-hint = 发文字号、签发和用印按本单位的公文程序办理，这里留空。
notice-code-end = 号
notice-colon = ：
notice-basis = 依据：{ $basis }。
notice-seal = （印章）
notice-number = （事项编号：{ $number }）
notice-none-title = 还不能打印
notice-none = 告知书写的事还没有发生：受理、批准延期、不予受理或者答复以后才能打印。
notice-reason = 打印{ $title }
