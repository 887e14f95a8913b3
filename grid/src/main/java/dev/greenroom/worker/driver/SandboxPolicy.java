package dev.greenroom.worker.driver;

import dev.greenroom.config.AddressRange;
import dev.greenroom.config.WorkerSections.SessionBudgets;
import dev.greenroom.worker.driver.Driver.DriverStarter;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Consumer;

/// The addresses to which the driver process itself may not connect. This is about requests that Node.js
/// makes for a client (`context.request`); the browser and the network decide what pages may reach.
///
/// @param blockedSubnets in the form `10.0.0.0/8`
/// @param blockedEndpoints single ports of single addresses, such as Redis
/// @param ownPorts ports that are closed at every address of this machine, such as that of a Redis there
/// @param privateSubnets where a client's own proxy may not be; empty where private networks are open
public record SandboxPolicy(
        List<String> blockedSubnets,
        List<ServerAddress> blockedEndpoints,
        Set<Integer> ownPorts,
        List<String> privateSubnets) {
    /// The metadata services of clouds: link-local (AWS, GCP, Azure, Oracle and others), the IPv6 addresses
    /// of AWS and GCP, and those of Alibaba, Oracle and Azure.
    private static final List<String> METADATA = List.of(
            "169.254.0.0/16",
            "fe80::a9fe:0/112",
            "64:ff9b::a9fe:0/112",
            "fd00:ec2::/32",
            "fd20:ce::/32",
            "100.100.100.200/32",
            "192.0.0.192/32",
            "168.63.129.16/32");

    /// Addresses outside of the internet: this machine, private and carrier networks, and reserved ranges.
    private static final List<String> PRIVATE = List.of(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "224.0.0.0/3",
            "::/127",
            "fc00::/7",
            "fe80::/10",
            "ff00::/8",
            "64:ff9b::a00:0/104",
            "64:ff9b::ac10:0/108",
            "64:ff9b::c0a8:0/112",
            "64:ff9b:1::/48");

    private static final List<String> LOOPBACK = List.of("127.0.0.0/8", "::/127");

    /// One port of one address.
    ///
    /// @param address an IP address, not a name
    public record ServerAddress(String address, int port) {}

    public SandboxPolicy {
        blockedSubnets = List.copyOf(blockedSubnets);
        blockedEndpoints = List.copyOf(blockedEndpoints);
        ownPorts = Set.copyOf(ownPorts);
        privateSubnets = List.copyOf(privateSubnets);
    }

    /// Blocks the metadata addresses of clouds and the given servers. Resolves names, so it may block;
    /// unknown names are ignored.
    ///
    /// @param blocked hosts and ports, such as those of Redis; one that turns out to be this machine is
    ///     closed at every address of it
    public static SandboxPolicy metadataAnd(Collection<InetSocketAddress> blocked) {
        var endpoints = new ArrayList<ServerAddress>();
        var ports = new TreeSet<Integer>();
        for (var target : blocked) {
            for (var address : addresses(target.getHostString())) {
                if (isThisMachine(address)) {
                    ports.add(target.getPort());
                } else {
                    endpoints.add(new ServerAddress(address.getHostAddress(), target.getPort()));
                }
            }
        }
        return new SandboxPolicy(METADATA, endpoints, ports, List.of());
    }

    /// The same, and every private network.
    ///
    /// @param exceptLoopback where the driver itself speaks to its browsers over TCP on this machine
    public SandboxPolicy andPrivateNetworks(boolean exceptLoopback) {
        var subnets = new ArrayList<>(blockedSubnets);
        PRIVATE.stream()
                .filter(subnet -> !exceptLoopback || !LOOPBACK.contains(subnet))
                .forEach(subnets::add);
        return new SandboxPolicy(subnets, blockedEndpoints, ownPorts, PRIVATE);
    }

    /// Whether an address is outside of the internet, or that of a cloud's metadata.
    public static boolean isPrivate(InetAddress address) {
        return AddressRange.contain(PRIVATE, address) || AddressRange.contain(METADATA, address);
    }

    private static List<InetAddress> addresses(String host) {
        try {
            return List.of(InetAddress.getAllByName(host));
        } catch (UnknownHostException _) {
            return List.of();
        }
    }

    static boolean isThisMachine(InetAddress address) {
        try {
            return address.isLoopbackAddress()
                    || address.isAnyLocalAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException _) {
            return false;
        }
    }

    /// The ports and servers of the grid to which no driver may connect: its ports on this machine, and the
    /// servers that this worker is connected to. Running drivers get all changes. Safe for use by many
    /// threads.
    public static final class BlockedPorts {
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

    /// Starts drivers as sandboxed child processes. Safe for use by many threads.
    public static final class SandboxedDrivers implements DriverStarter {
        private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

        private final DriverCommandLine command;
        private final BlockedPorts blockedPorts;
        private final RunFolders folders;
        private final Duration hangTimeout;

        /// @param node runs them
        /// @param policy where they may not connect to
        /// @param budgets of each session
        /// @param blockedPorts of the grid
        /// @param environment of this process; drivers get only a few harmless variables of it
        /// @param videoRecorder records videos where Playwright has no program of its own for that
        /// @param folders of the drivers, and the user that they run as; closed by the caller, after the
        ///     drivers
        /// @param hangTimeout how long a driver may not answer before it is ended
        /// @param heapBytes the limit of its JavaScript heap
        public SandboxedDrivers(
                NodeBinary node,
                SandboxPolicy policy,
                SessionBudgets budgets,
                BlockedPorts blockedPorts,
                Map<String, String> environment,
                Optional<Path> videoRecorder,
                RunFolders folders,
                Duration hangTimeout,
                long heapBytes) {
            this.hangTimeout = hangTimeout;
            var program = new NodeBinary(folders.readable(node.path()), node.major(), node.minor());
            this.command = new DriverCommandLine(
                    program,
                    policy,
                    budgets,
                    environment,
                    folders.user(),
                    videoRecorder.map(folders::readable),
                    heapBytes);
            this.blockedPorts = blockedPorts;
            this.folders = folders;
        }

        @Override
        public Driver start(DriverPackage driver) throws InterruptedException {
            var folder = folders.next();
            var readable = new DriverPackage(driver.version(), driver.release(), folders.readable(driver.folder()));
            var host = DriverProcess.start(driver, folder, command.of(readable, folder), START_TIMEOUT, hangTimeout);
            host.apply(blockedPorts);
            return host;
        }
    }
}
