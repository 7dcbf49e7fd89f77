login-title = 工作人员登录
login-name = 账号
login-password = 口令
login-first = 第一次登录：把收到的首次登录码当作口令填入。
login-send = 登录
login-demo-title = 演示账号
login-demo-lead = 点一个角色直接进入。这些账号只在演示目录里有，口令都是 { $password }。
login-wrong = 账号或口令不对。连续错五次以后，口令对了也要等一会儿才能登录，最长 15 分钟。
