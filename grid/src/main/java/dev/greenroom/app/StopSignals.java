package dev.greenroom.app;

import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// SIGINT and SIGTERM. A shutdown hook would not do: the JVM tells it about the first signal only.
///
/// The JDK's signal class is not part of its API, so it is reached by reflection; where that fails, the
/// first signal ends the process as it always does.
final class StopSignals {
    private static final int EXIT_FORCED = 130;

    private StopSignals() {}

    /// Calls back at the first signal, on a thread of its own; the second one ends the process at once.
    static void onFirst(Runnable action) {
        var received = new AtomicInteger();
        Consumer<String> listener = name -> {
            if (received.incrementAndGet() == 1) {
                Thread.ofVirtual().name("signal-" + name).start(action);
            } else {
                Runtime.getRuntime().halt(EXIT_FORCED);
            }
        };
        for (var name : Set.of("INT", "TERM")) {
            handle(name, listener);
        }
    }

    private static void handle(String name, Consumer<String> listener) {
        try {
            var signal = Class.forName("sun.misc.Signal");
            var handler = Class.forName("sun.misc.SignalHandler");
            var proxy =
                    Proxy.newProxyInstance(StopSignals.class.getClassLoader(), new Class<?>[] {handler}, (_, _, _) -> {
                        listener.accept(name);
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ReflectiveOperationException | IllegalArgumentException _) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> listener.accept(name)));
        }
    }
}
