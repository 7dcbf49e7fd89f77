# Register: callers and templates.
register-callers = { $count } earlier from this number, { $open } open
register-callers-more = { $count } or more earlier from this number, { $open } open
register-template = Template
register-template-none = None
keys-form-template = Choose a template; Tab goes through its blanks
