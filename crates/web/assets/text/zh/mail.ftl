# 通知设置与邮件。
settings-title = 通知设置
settings-back = 回到通知
settings-link = 通知设置
settings-mail = 邮件
settings-no-mail = 本系统没有设置邮件服务器，不会发出邮件。可以先填好，待管理员设置后即可使用。
settings-address = 邮箱地址
settings-address-hint = 地址要用发去的验证码确认后才会发送通知。留空保存，即不再发送邮件。邮件只写编号和链接，不写内容。
settings-language = 邮件语言
settings-chinese = 中文
settings-english = English
settings-hour = 每日汇总时间
settings-save = 保存
settings-again = 再发一次验证码
settings-code = 邮件里的 8 位验证码
settings-confirm = 确认地址
settings-confirmed = 已确认
settings-unconfirmed = 待确认：验证码已发往该地址
settings-no-address = 这不是邮箱地址，例如 name@example.org。
settings-too-soon = 验证码刚刚发过，请过一分钟再试。
settings-wrong-code = 验证码不对，或已试过太多次；可以再发一次。
settings-ways = 怎样告诉我
settings-ways-hint = 站内通知总是有的。按邮件或每日汇总告知，要有已确认的邮箱地址。
settings-all-mail = 全部邮件（管理员）
settings-waiting = 待发
settings-dead = 发不出去，已放弃
settings-retry = 全部重新发送
way-page = 只在站内
way-mail = 随时发邮件
way-digest = 每日汇总邮件
mail-confirm-subject = 确认邮箱地址
mail-confirm-text = 有人在通知设置里填了这个邮箱地址。如果是您，请在那里填写验证码：{ $code }

    如果不是您，不用理会，不会再给您发邮件。
mail-digest-subject = 今日汇总：{ $count } 条
mail-digest-head = 您有 { $count } 条未读通知：
mail-foot = 闭环自动发送，请勿回复。
mail-foot-settings = 不想再收到，或想改变告知方式：{ $href }
