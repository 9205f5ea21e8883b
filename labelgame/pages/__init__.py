"""What the pages show, gathered from the tables; labelgame/views/ answers with it."""
