package dev.greenroom.schedule;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// A registered listener, until it is closed. The subscriber must close it: otherwise the publisher keeps
/// the subscriber and everything that it refers to in memory.
@FunctionalInterface
public interface Subscription extends AutoCloseable {
    /// Removes the listener. A call that has begun still completes. Idempotent.
    @Override
    void close();

    /// The listeners to one kind of event. Thread-safe.
    final class Listeners<T> {
        private final List<Consumer<? super T>> subscribed = new CopyOnWriteArrayList<>();

        /// Adds a listener until the result is closed.
        public Subscription add(Consumer<? super T> listener) {
            // Wrapped, so that a listener that was added twice is removed once.
            Consumer<T> own = listener::accept;
            subscribed.add(own);
            return () -> subscribed.remove(own);
        }

        /// Calls every listener, on this thread.
        public void publish(T event) {
            subscribed.forEach(listener -> listener.accept(event));
        }

        /// The number of listeners.
        public int count() {
            return subscribed.size();
        }

        /// Removes all listeners.
        public void clear() {
            subscribed.clear();
        }
    }
}
