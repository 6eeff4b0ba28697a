// Linked into every test program: a function that someone forgot to mark inline is then defined
// twice, and nothing links.
#include <zer0/zer0.hpp>
