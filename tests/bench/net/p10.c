#include "tests/bench/net/row.h"
#include "tests/bench/net/rows.h"

void row_p10(void)
{
    row_missing("P10");
}
