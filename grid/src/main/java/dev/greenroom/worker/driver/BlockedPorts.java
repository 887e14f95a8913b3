package dev.greenroom.worker.driver;

import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Consumer;

/// What of the grid itself no driver may connect to: its ports on this machine, and the servers that this
/// worker is connected to. They come and go while drivers run, and drivers are told. Safe for use by many
/// threads.
public final class BlockedPorts {
    /// The latest ones are closed, however often a Redis moves.
    private static final int MAX_SERVERS = 256;

    private final Set<Integer> ports = new TreeSet<>(); // guarded by this
    private final Set<Integer> serversHere = new TreeSet<>(); // guarded by this
    private final Set<SandboxPolicy.ServerAddress> servers = new LinkedHashSet<>(); // guarded by this
    private final Set<Consumer<BlockedAddresses>> drivers = new CopyOnWriteArraySet<>();

    /// What is closed now.
    ///
    /// @param ports at every address of this machine
    /// @param servers elsewhere
    record BlockedAddresses(Set<Integer> ports, Set<SandboxPolicy.ServerAddress> servers) {}

    /// Closes a port to all drivers, those that run too.
    public synchronized void close(int port) {
        ports.add(port);
        notifyDrivers();
    }

    /// The port is not the grid's any more.
    public synchronized void open(int port) {
        ports.remove(port);
        notifyDrivers();
    }

    /// Closes a server of the grid, such as a Redis that has become the master, at the address at which it
    /// was reached.
    public synchronized void closeServer(InetSocketAddress reached) {
        if (reached.isUnresolved()) {
            return;
        }
        var isNew = SandboxPolicy.isThisMachine(reached.getAddress())
                ? serversHere.add(reached.getPort())
                : servers.add(
                        new SandboxPolicy.ServerAddress(reached.getAddress().getHostAddress(), reached.getPort()));
        if (isNew) {
            if (servers.size() > MAX_SERVERS) {
                servers.remove(servers.iterator().next());
            }
            notifyDrivers();
        }
    }

    private void notifyDrivers() {
        var closed = closed();
        drivers.forEach(driver -> driver.accept(closed));
    }

    private BlockedAddresses closed() {
        var all = new TreeSet<>(ports);
        all.addAll(serversHere);
        return new BlockedAddresses(Set.copyOf(all), Set.copyOf(servers));
    }

    /// Tells a driver of all of them, now and at every change; must not block.
    synchronized void add(Consumer<BlockedAddresses> driver) {
        drivers.add(driver);
        driver.accept(closed());
    }

    void remove(Consumer<BlockedAddresses> driver) {
        drivers.remove(driver);
    }
}
