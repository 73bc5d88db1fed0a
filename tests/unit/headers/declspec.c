/* Marks of Visual C++ that sources put on declarations; what they do shows here where it can. */
#include <windows.h>

__declspec(noreturn) void ends(const char *text);
__declspec(dllimport) int WINAPI imported(void);
extern __declspec(dllexport) int exported;
DECLSPEC_IMPORT int WINAPI imported_too(void);
DECLSPEC_NORETURN void ends_too(void);

static __declspec(thread) int one_of_each;
static __declspec( thread ) int another;

struct __declspec(align(32)) apart {
    char byte;
};

#ifdef __cplusplus
static_assert(alignof(struct apart) == 32, "aligned");
#else
_Static_assert(_Alignof(struct apart) == 32, "aligned");
#endif

int value_of(int which);

/* No warning of a missing return value. */
int value_of(int which)
{
    switch (which) {
    case 0:
        return one_of_each + another;
    case 1:
        return imported();
    default:
        ends("no such value");
    }
}
