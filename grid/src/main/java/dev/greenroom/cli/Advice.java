package dev.greenroom.cli;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is doubtful about the settings of a service, in its log. Looking for it takes as long as reading them, so it is
/// not done while the service starts: a little later, or when it ends, if that is sooner.
final class Advice implements AutoCloseable {
    static final Duration LATER = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(Advice.class);

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread thread;

    /// @param sentences finds out what there is to say; called once, on another thread
    Advice(Supplier<List<String>> sentences) {
        thread = Thread.ofVirtual().name("advice").start(() -> {
            try {
                ended.await(LATER.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException _) {
                // Then now.
            }
            sentences
                    .get()
                    .forEach(
                            advice -> LOG.atWarn().addKeyValue("advice", advice).log("setting is doubtful"));
        });
    }

    /// Waits until all is said.
    @Override
    public void close() {
        ended.countDown();
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
