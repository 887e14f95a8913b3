package dev.greenroom.registry.redis;

import dev.greenroom.registry.RegistryUnavailableException;
import dev.greenroom.registry.SlotRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/// Takes wishes for a slot to Redis: the first one at once, and those that come while it is on its way together with
/// the next call, 32 at most. So nobody waits for company, and the more is asked the less each wish costs. Safe for
/// many threads.
///
/// A wish whose caller stopped waiting may be granted all the same, like one whose reply was lost.
final class Wishes {
    private static final int TOGETHER = 32;

    /// For the call before and the wish's own together; a client is to be told within a second.
    private static final Duration LONGEST = Duration.ofMillis(800);

    private final Scripts scripts;
    private final Deque<Wish> waiting = new ConcurrentLinkedDeque<>();
    private final AtomicBoolean calling = new AtomicBoolean();

    Wishes(Scripts scripts) {
        this.scripts = scripts;
    }

    private record Wish(List<String> arguments, CompletableFuture<List<Object>> answer) {}

    /// Asks for a slot and waits for the answer.
    ///
    /// @return what `acquire.lua` says of this wish
    /// @throws RegistryUnavailableException without an answer in time, or for one that is an error
    List<Object> ask(SlotRequest request, Set<String> excluded) {
        var wish = new Wish(arguments(request, excluded), new CompletableFuture<>());
        waiting.addLast(wish);
        if (calling.compareAndSet(false, true)) {
            // On a thread of its own: an interrupted caller must not end the call of the others.
            Thread.ofVirtual().name("registry-wishes").start(this::callWhileAnyoneWaits);
        }
        try {
            return wish.answer().get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            throw new RegistryUnavailableException(String.valueOf(cause.getMessage()), cause);
        } catch (TimeoutException e) {
            throw new RegistryUnavailableException(
                    "ACQUIRE: Redis did not answer within " + LONGEST.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException("ACQUIRE: the wait for Redis was interrupted", e);
        } finally {
            wish.answer().cancel(false);
        }
    }

    private static List<String> arguments(SlotRequest request, Set<String> excluded) {
        var wish = Stream.of(
                request.browser().wireName(),
                request.session().toString(),
                request.version().map(Object::toString).orElse(""),
                Integer.toString(excluded.size()));
        return Stream.concat(wish, excluded.stream()).toList();
    }

    private void callWhileAnyoneWaits() {
        do {
            for (var together = next(); !together.isEmpty(); together = next()) {
                call(together);
            }
            calling.set(false);
        } while (!waiting.isEmpty() && calling.compareAndSet(false, true));
    }

    /// Those who come next, without those who stopped waiting.
    private List<Wish> next() {
        List<Wish> together = new ArrayList<>();
        for (var wish = waiting.pollFirst(); wish != null; wish = waiting.pollFirst()) {
            if (!wish.answer().isDone()) {
                together.add(wish);
            }
            if (together.size() == TOGETHER) {
                break;
            }
        }
        return together;
    }

    private void call(List<Wish> together) {
        try {
            var answers = scripts.run(
                    Script.ACQUIRE, together.stream().map(Wish::arguments).flatMap(Collection::stream));
            // From the last one on, so that those who have to come again keep their order.
            for (var n = together.size() - 1; n >= 0; n--) {
                var answer = Replies.list(answers, n);
                if (Replies.word(answer, 0).equals("again")) {
                    waiting.addFirst(together.get(n));
                } else {
                    together.get(n).answer().complete(answer);
                }
            }
        } catch (RuntimeException | Error e) {
            together.forEach(wish -> wish.answer().completeExceptionally(e));
        }
    }
}
