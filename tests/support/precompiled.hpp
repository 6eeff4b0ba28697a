// What is precompiled for all tests (tests/CMakeLists.txt). A test still includes what it uses.
#pragma once

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <vector>
