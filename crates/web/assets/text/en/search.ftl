# Search.
search-title = Search
search-link = Search
search-do = Search
search-hint = Number, words, unit, person or pinyin initials
search-found = Found
search-none = Nothing found
search-none-hint = Try another word, or the beginning of a number, or the pinyin initials of a unit.
search-numbers = By number
search-units = Units
search-persons = People
search-pages = Pages and views
search-cases = Cases
search-ledger = Show all in the ledger
search-view = view
search-export = Export the ledger
search-columns = Columns and order of the ledger
search-recent = Lately
