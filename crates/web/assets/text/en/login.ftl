login-title = Staff log-in
login-name = Login
login-password = Password
login-first = Your first time: the code you were given is the password.
login-send = Log in
login-demo-title = Demo accounts
login-demo-lead = Choose a role to enter. These accounts exist in a demo directory only; the password of all is { $password }.
login-wrong = The login or the password is wrong. After five failures in a row even the right one is not taken for a while, 15 minutes at most.
