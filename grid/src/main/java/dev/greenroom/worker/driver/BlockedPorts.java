package dev.greenroom.worker.driver;

import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Consumer;

/// The ports and servers of the grid to which no driver may connect: its ports on this machine, and the
/// servers that this worker is connected to. Running drivers get all changes. Safe for use by many threads.
public final class BlockedPorts {
    /// Only the latest servers stay blocked, however often a Redis moves.
    private static final int MAX_SERVERS = 256;

    private final Set<Integer> ports = new TreeSet<>(); // guarded by this
    private final Set<Integer> serversHere = new TreeSet<>(); // guarded by this
    private final Set<SandboxPolicy.ServerAddress> servers = new LinkedHashSet<>(); // guarded by this
    private final Set<Consumer<BlockedAddresses>> drivers = new CopyOnWriteArraySet<>();

    /// What is blocked now.
    ///
    /// @param ports at every address of this machine
    /// @param servers elsewhere
    record BlockedAddresses(Set<Integer> ports, Set<SandboxPolicy.ServerAddress> servers) {}

    /// Blocks a port for all drivers, including running ones.
    public synchronized void close(int port) {
        ports.add(port);
        notifyDrivers();
    }

    /// Unblocks a port that the grid no longer uses.
    public synchronized void open(int port) {
        ports.remove(port);
        notifyDrivers();
    }

    /// Blocks a server of the grid, such as a new Redis master, at the address of the connection to it.
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

    /// Passes all of them to a driver, now and at each change; must not block.
    synchronized void add(Consumer<BlockedAddresses> driver) {
        drivers.add(driver);
        driver.accept(closed());
    }

    void remove(Consumer<BlockedAddresses> driver) {
        drivers.remove(driver);
    }
}
