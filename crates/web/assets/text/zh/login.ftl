login-title = 工作人员登录
login-name = 账号
login-password = 口令
login-send = 登录
login-demo-title = 演示账号
login-demo-lead = 点一个角色直接进入。这些账号只在演示目录里有，口令都是 { $password }。
login-wrong = 账号或口令不对。
login-slow = 试得太多，请等 { $seconds } 秒再试。
