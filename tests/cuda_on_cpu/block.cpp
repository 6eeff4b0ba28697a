// How the threads of a block take turns: each runs on a stack of its own from where it first waits
// (a fiber). Stacks are used again and again, and a thread that ends without waiting leaves its
// stack to the next one, so that kernels without barriers change no stack at all. AddressSanitizer
// is told of each change.
#include "block.hpp"

#include <boost/context/pooled_fixedsize_stack.hpp>

#include <utility>

namespace cuda_on_cpu {

/// The carriers of a thread of the system. They outlive blocks and launches.
class crew {
 public:
  /// The stack that launches come from.
  carrier main;

  /// Has nothing to do; it will run the thread that is then the current one.
  carrier& idle() {
    if (idle_.empty()) idle_.push_back(&add());
    carrier& c = *idle_.back();
    idle_.pop_back();
    return c;
  }
  void becomes_idle(carrier& c) { idle_.push_back(&c); }

 private:
  carrier& add() {
    carrier& c = *all_.emplace_back(std::make_unique<carrier>());
    const boost::context::stack_context s = stacks_.allocate();
    c.own = {static_cast<char*>(s.sp) - s.size, s.size};
    c.own.forget();
    c.stopped = context::make_fcontext(s.sp, s.size, [](context::transfer_t from) {
      carrier& self = *at_hand->current().on;
      self.arrive(from);
      for (;;) at_hand->carry(self);  // until nobody goes there any more
    });
    return c;
  }

  boost::context::pooled_fixedsize_stack stacks_{stack::bytes, 256};
  std::vector<std::unique_ptr<carrier>> all_;
  std::vector<carrier*> idle_;
};

block::block(std::size_t shared_size) : shared(shared_size), random_(order_seed) {
  static thread_local crew of_this_thread;
  carriers_ = &of_this_thread;
}

void block::run(dim3 shape, const std::function<void()>& body) {
  prepare(shape);
  body_ = &body;
  if (draw()) carriers_->main.leave_for(*next_carrier());
  if (error_) give_up();
}

void block::prepare(dim3 shape) {
  const unsigned n = shape.x * shape.y * shape.z;
  threads_.resize(n);
  warps_.resize((n + 31) / 32);
  for (warp& w : warps_) {
    w.meeting.waiting.clear();
    w.meeting.expected = 32;
  }
  all_.waiting.clear();
  all_.expected = left_ = static_cast<int>(n);
  ready_.clear();
  for (unsigned i = 0; i < n; ++i) {
    thread& t = threads_[i];
    t.index = {i % shape.x, i / shape.x % shape.y, i / shape.x / shape.y};
    t.exchanges = t.groups = 0;
    ready_.push_back(static_cast<int>(i));
  }
  std::memset(shared.data(), 0xff, shared.size());
}

void block::carry(carrier& on) {
  do {
    thread& t = current();
    t.on = &on;
    try {
      (*body_)();
      end(t);
    } catch (const abandon&) {
    } catch (...) {
      error_ = std::current_exception();
    }
    t.on = nullptr;
    --left_;
  } while (left_ > 0 && !error_ && draw() && current().on == nullptr);
  carriers_->becomes_idle(on);
  on.leave_for(*next_carrier());
}

/// That of the thread that was drawn, or the main one if there is none.
carrier* block::next_carrier() {
  if (left_ == 0 || error_) return &carriers_->main;
  if (current().on == nullptr) current().on = &carriers_->idle();
  return current().on;
}

/// The thread at hand comes to a barrier: null if it may go on, else who is next.
carrier* block::meet(barrier& b) {
  if (static_cast<int>(b.waiting.size()) + 1 == b.expected) {
    release(b);
    return nullptr;
  }
  b.waiting.push_back(running_);
  (void)draw();
  return next_carrier();
}

void block::unwind() { throw abandon{}; }

void block::release(barrier& b) {
  ready_.insert(ready_.end(), b.waiting.begin(), b.waiting.end());
  b.waiting.clear();
}

/// A thread that has ended is waited for no longer.
void block::end(const thread& t) {
  zer0::require(t.copies.empty(), "cuda_on_cpu: a thread ended with ", t.copies.size(),
                " asynchronous copies that it never waited for");
  --all_.expected;
  if (all_.expected > 0 && static_cast<int>(all_.waiting.size()) == all_.expected) release(all_);
}

/// Lets each thread that has begun unwind its stack.
void block::give_up() {
  abandoned_ = true;
  const std::exception_ptr first = error_;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    make_current(static_cast<int>(i));
    if (current().on != nullptr) carriers_->main.leave_for(*current().on);
  }
  std::rethrow_exception(first);
}

/// Makes one of the threads that can run the current one. An error if there is none.
bool block::draw() {
  if (ready_.empty()) {
    error_ =
        std::make_exception_ptr(zer0::error("cuda_on_cpu: " + std::to_string(left_) +
                                            " threads wait at a barrier that others never reach"));
    return false;
  }
  const std::size_t at =
      static_cast<std::uint32_t>(random_()) % static_cast<std::uint32_t>(ready_.size());
  make_current(ready_[at]);
  ready_[at] = ready_.back();
  ready_.pop_back();
  return true;
}

namespace {

/// Runs body() on each thread of each block of a grid.
void run_grid(dim3 grid, dim3 shape, std::size_t shared, const std::function<void()>& body) {
  block b(shared);
  struct restore {
    block* before;
    ~restore() { at_hand = before; }
  } const restored{std::exchange(at_hand, &b)};
  block_size = shape;
  grid_size = grid;
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        block_index = {x, y, z};
        b.run(shape, body);
      }
}

}  // namespace

void submit_launch(const void* kernel, dim3 grid, dim3 shape, std::size_t shared,
                   cudaStream_t stream, std::function<void()> body) {
  require_launch(kernel, grid, shape, shared);
  submit("a launch", stream, kernel,
         [grid, shape, shared, body = std::move(body)] { run_grid(grid, shape, shared, body); });
}

}  // namespace cuda_on_cpu
