# Printed notices.
notices-title = Print a notice
notice-print = Print
notice-with-name = Fill in the reporter's name
notice-name-hint = Opening the name is taken down in the case.
notice-blank-hint = Document number, signature and seal come from your office's own process and are left blank.
notice-code-end = { "" }
notice-colon = :
notice-basis = Basis: { $basis }.
notice-seal = (seal)
notice-number = (Number of the case: { $number })
notice-none-title = Not to be printed yet
notice-none = What this notice tells of has not happened: it is printed once the case was accepted, extended, refused or answered.
notice-reason = Printing: { $title }
