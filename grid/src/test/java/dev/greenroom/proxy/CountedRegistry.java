package dev.greenroom.proxy;

import dev.greenroom.registry.Registry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;

/// A registry that counts what is asked of it.
final class CountedRegistry {
    private final AtomicInteger asked = new AtomicInteger();
    private final Registry counting;

    CountedRegistry(Registry registry) {
        this.counting = (Registry) Proxy.newProxyInstance(
                Registry.class.getClassLoader(), new Class<?>[] {Registry.class}, (_, method, arguments) -> {
                    if (!method.getName().startsWith("on")) {
                        asked.incrementAndGet();
                    }
                    try {
                        return method.invoke(registry, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause() == null ? e : e.getCause();
                    }
                });
    }

    /// The one to ask.
    Registry registry() {
        return counting;
    }

    /// Operations so far, listeners not counted.
    int asked() {
        return asked.get();
    }
}
