# What is wrong with a filter, and what to do about it.
fault-too-long = the filter has { $count } characters, { $most } are allowed
fault-too-deep = the filter is nested more than { $most } deep
fault-too-many-tests = the filter has more than { $most } tests
fault-too-many-values = the list has more than { $most } values
fault-open-quote = the quote is not closed
fault-open-quote-do = end it with another quote
fault-open-parenthesis = the parenthesis is not closed
fault-open-parenthesis-do = add a closing parenthesis
fault-nothing-open = nothing is open that this could close
fault-no-test = a test is missing here
fault-no-test-do = for example: open, unit = "…", overdue > 3d
fault-no-test-before = a test is missing before "{ $word }"
fault-uncompared = "{ $word }" must be compared with something
fault-uncompared-do = for example with =; to search for the word, write it in quotes: "{ $word }"
fault-misplaced = "{ $word }" cannot stand here
fault-misplaced-do = to search for the word, write it in quotes: "{ $word }"
fault-unknown-field = there is no field "{ $word }"
fault-unknown-phase = there is no phase "{ $word }"
fault-unknown-name = nothing is called "{ $word }" here
fault-near-do = did you mean "{ $word }"?
fault-unfit = this field is not compared so
fault-unfit-names-do = it takes =, !=, in or not in
fault-unfit-tree-do = it takes =, !=, in, not in, under or not under
fault-unfit-number-do = it takes =, !=, in, not in or starts
fault-unfit-measure-do = it takes =, !=, <, <=, >, >=, in or not in
fault-unfit-length-do = it takes <, <=, > or >=
fault-unfit-text-do = it takes has
fault-instant = an instant is only compared with <, <=, > or >=
fault-instant-do = name a day or a period instead, such as today or -7d
fault-list-here = a list stands only behind in or under
fault-list-here-do = write in (…)
fault-open-list = a comma or a closing parenthesis is missing here
fault-missing-text = a text is missing here
fault-missing-name = a name is missing here
fault-missing-phase = a phase is missing here
fault-missing-number = a number is missing here
fault-missing-length = a length of time is missing here
fault-missing-date = a date is missing here
fault-not-who-looks = this field does not hold who looks
fault-my-unit-do = did you mean my unit?
fault-me-do = did you mean me?
fault-name-do = write a name in quotes
fault-no-me = nobody looks here, so me means nobody
fault-no-my-unit = nobody looks here, so my unit means none
fault-not-count = "{ $word }" is not a count
fault-not-count-do = write a whole number such as 3
fault-not-length = "{ $word }" is not a length of time
fault-not-overdue-do = for example overdue > 3wd (working days), 5d (days) or 4h (hours)
fault-not-remaining-do = for example remaining < 2wd (working days), 5d (days) or 4h (hours)
fault-not-date = "{ $word }" is not a date
fault-not-date-do = for example 2026-03-01, today, -7d, -3wd, this month
fault-too-large = { $word } is too large
fault-too-large-do = at most { $most } is allowed
fault-too-far = this date lies too far away
fault-no-word = "{ $word }" holds no word to search for
fault-no-word-do = write a word of two characters or more
fault-unit-and-person = "{ $word }" is a unit and a person
fault-unit-and-person-do = write the unit's code or the person's id
fault-ambiguous = "{ $word }" means { $count } different things
fault-ambiguous-do = write one of { $ids }
