login-title = Staff log-in
login-name = Account
login-password = Password
login-send = Log in
login-demo-title = Demo accounts
login-demo-lead = Choose a role to enter. These accounts exist in a demo directory only; the password of all is { $password }.
login-wrong = The account or the password is wrong.
login-slow = Too many attempts. Please wait { $seconds } seconds.
