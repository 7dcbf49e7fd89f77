# Units, persons and charts.
unit-figures = On hand
unit-open = Open
unit-overdue = Overdue
unit-week = Due in 7 days
unit-verify = To verify
unit-back = Came back
unit-handles = How it handles
unit-counted = Counted from the newest { $count } cases that you may see, of this unit and those below it; charts begin on { $since }.
unit-nothing = There is no case here that you may see, so there is nothing to count.
unit-fates = What became of the cases that came in
unit-days-taken = Days from registering to the end
unit-parts = Most on hand
unit-heat = Came in, by unit
unit-burden = { $open } open, { $late } late
unit-who = Who is responsible, and for what
unit-posts = Posts and who held them
unit-posts-none = No posts yet.
unit-head = Head
unit-vacant = Vacant
unit-duties = Duties
unit-duties-none = No categories are its duty yet.
unit-gone = Dissolved on { $date }.
unit-gone-to = Dissolved on { $date }; { $unit } took over its duties.
term-since = since { $from }
term-until = { $from } – { $until }
fate-in-time = ended, never late
fate-late = ended, had been late
fate-open = open
fate-overdue = open and overdue
chart-numbers = The figures
person-figures = On hand
person-open = In charge of, open
person-overdue = Of these overdue
person-found = Found
person-instructed = Gave instructions on
person-counted = Only cases that you may see are counted.
person-no-post = No posts on record.
person-roles = Roles now
unit-below = Units below
unit-below-count = { $count } below
unit-duties-count = { $count ->
    [one] 1 kind of it
   *[other] { $count } kinds of it
}

# Where the time goes
handles-title = Where the time goes, by phase
handles-measure = days with weekends; full to the median, pale to nine of ten
handles-said = { $kind }, closed since { $since } in this unit's hands; all of them count, not only what you may see, but for complaints about somebody. { $beside }
handles-beside = Beside { $count } other units of its class.
handles-alone = Too few units of its class to compare with.
handles-own = This unit
handles-others = Others of its class
handles-median = Median
handles-ninety = Nine of ten within
handles-n = Cases
handles-hours = { $hours } h
handles-days = { $days } days
handles-span = median { $median }, nine of ten within { $most }
handles-few = Too few cases were closed in this unit's hands in these three months to say where the time goes.
