# The board, and the steps of one card.
area-board = Board
keys-board = Board
keys-cards = On the board
keys-arrows = the card beside, above or below
keys-moves = open what can be done with this one
board-faces = Ledger or board
board-hint = The most urgent come first. Draw a card to a column it can go to, or open “Handle”: what the step needs is always asked first.
board-moves = Handle
board-none = None
board-nothing = No case that you may see is under this filter.
moves-case = Open the whole case
moves-elsewhere = No step of yours leads to that column now. From here you can:
unit-board = Board of what is open
board-done = Put on record in { $number }.
