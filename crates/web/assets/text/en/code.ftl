# Another receipt code; corrections.
code-title = Give a new receipt code
code-hint = For a reporter who lost the code: check first who they are. The sealed identity is compared and not shown; each comparison is taken down in the case.
code-said = The name or number they say
code-said-hint = It must agree with the name or with the number that was left.
code-checked = What else was checked
code-checked-hint = Such as what they reported and when, or the papers they brought.
code-do = Compare and give a new code
code-disagrees = This does not agree with the sealed identity
code-done = It agrees. The old code has ended.
code-once = The new code is shown only now: read it out or print it.
code-reason = Identity compared for a new receipt code
code-none-title = No new code
code-none = The reporter left no identity that could be compared.
event-code-reissued = Gave a new receipt code; the old one has ended.
corrected = { $what }: { $was } → { $is }
corrected-none = none
