package dev.greenroom.wire;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves one request, so that one that fails in a way that it must not costs nobody else anything.
final class Serving {
    private static final Logger LOG = LoggerFactory.getLogger(Serving.class);
    private static final Answer FAILED = Answer.json(500, "{\"error\":\"internal error\"}");

    private Serving() {}

    /// What serves it.
    @FunctionalInterface
    interface Handler {
        void serve() throws InterruptedException;
    }

    /// Has it served. Returns when that is over, however it ended.
    ///
    /// @param path for the log
    /// @param answer gets a 500 when the request failed
    static void run(Handler handler, Supplier<String> path, Consumer<Answer> answer) {
        try {
            handler.serve();
        } catch (InterruptedException _) {
            // Who asked is gone, or the server is: there is nobody to answer.
        } catch (RuntimeException | Error e) {
            LOG.atError()
                    .addKeyValue("code", "REQUEST_FAILED")
                    .addKeyValue("path", path.get())
                    .setCause(e)
                    .log("A request failed in a way that it must not; it alone is answered with 500");
            answer.accept(FAILED);
        }
    }
}
