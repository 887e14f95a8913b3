package dev.greenroom.worker.driver;

import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Consumer;

/// Ports of the grid itself, to which no driver may connect at any address of this machine. They come and go while
/// drivers run, and drivers are told. Safe for use by many threads.
public final class ClosedPorts {
    private final Set<Integer> ports = new TreeSet<>(); // guarded by this
    private final Set<Consumer<Set<Integer>>> drivers = new CopyOnWriteArraySet<>();

    /// Closes a port to all drivers, those that run too.
    public synchronized void close(int port) {
        ports.add(port);
        tell();
    }

    /// The port is not the grid's any more.
    public synchronized void open(int port) {
        ports.remove(port);
        tell();
    }

    private void tell() {
        drivers.forEach(driver -> driver.accept(Set.copyOf(ports)));
    }

    /// Tells a driver of all of them, now and at every change; must not block.
    synchronized void add(Consumer<Set<Integer>> driver) {
        drivers.add(driver);
        driver.accept(Set.copyOf(ports));
    }

    void remove(Consumer<Set<Integer>> driver) {
        drivers.remove(driver);
    }
}
