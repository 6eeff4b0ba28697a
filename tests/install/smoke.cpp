// The least that a user's program does: include zer0, call it, catch its error.
#include <zer0/core/error.hpp>

#include <iostream>

int main() {
  try {
    zer0::fail("smoke: ", 3, " is not ", 4);
  } catch (const zer0::error& e) {
    std::cout << e.what() << '\n';
    return 0;
  }
}
