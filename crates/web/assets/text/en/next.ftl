# What comes next, and who does it.
next-said = Next: { $moves }.
next-move = { $what } – { $who }
next-semicolon = {"; "}
next-person = { $person } ({ $unit })
next-you = you
next-or = {" or "}
next-nobody = { $roles }: nobody holds this role yet
next-reporter-judges = The reporter says whether it is solved
next-silence-timer = without a word by { $date } the system takes the step “{ $step }”
next-silence = without a word by { $date } that counts as agreement
next-others = Ways back and other exceptions
next-later = What may come later
case-others-turn = It is somebody else’s turn
case-steps-other = Other steps you may take: sending back and other exceptions
case-steps-later = Steps you may take later
rail-planned = planned
rail-skipped = not needed
