// Everything of zer0.
#pragma once

#include <zer0/core/batch.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
