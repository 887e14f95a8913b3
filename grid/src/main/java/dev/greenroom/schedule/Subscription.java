package dev.greenroom.schedule;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// A listener that is called until this is closed. Whoever subscribes closes: an object that lives shorter
/// than what it listens to would otherwise be kept, with all that it refers to, for as long as that lives.
@FunctionalInterface
public interface Subscription extends AutoCloseable {
    /// The listener is called no more, a call that has begun apart. May be called more than once.
    @Override
    void close();

    /// The listeners to one kind of event. Safe for use by many threads.
    final class Listeners<T> {
        private final List<Consumer<? super T>> subscribed = new CopyOnWriteArrayList<>();

        /// Adds a listener until the answer is closed.
        public Subscription add(Consumer<? super T> listener) {
            // A wrapper of its own, so that a listener that was added twice is removed once.
            Consumer<T> own = listener::accept;
            subscribed.add(own);
            return () -> subscribed.remove(own);
        }

        /// Calls every listener, on this thread.
        public void publish(T event) {
            subscribed.forEach(listener -> listener.accept(event));
        }

        /// How many there are.
        public int count() {
            return subscribed.size();
        }

        /// Removes all.
        public void clear() {
            subscribed.clear();
        }
    }
}
