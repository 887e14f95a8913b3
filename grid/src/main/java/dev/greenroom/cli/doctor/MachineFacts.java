package dev.greenroom.cli.doctor;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The resources of this machine or container.
///
/// @param descriptors limit of file descriptors per process
/// @param memoryBytes total memory
/// @param firstPort of the range for outgoing connections
/// @param lastPort of the range for outgoing connections
/// @param zombies children of process 1 that it has not reaped
record MachineFacts(long descriptors, long memoryBytes, int firstPort, int lastPort, Zombies zombies) {
    private static final Path PORT_RANGE = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    private static final Path PROC = Path.of("/proc");
    private static final int MOST_ADDRESSES = 16;
    private static final int USUAL_FIRST = 32_768;
    private static final int USUAL_LAST = 60_999;

    static MachineFacts look() {
        var system = ManagementFactory.getOperatingSystemMXBean();
        var descriptors =
                system instanceof UnixOperatingSystemMXBean unix ? unix.getMaxFileDescriptorCount() : Long.MAX_VALUE;
        var memory = system instanceof com.sun.management.OperatingSystemMXBean known
                ? known.getTotalMemorySize()
                : Long.MAX_VALUE;
        var range = portRange();
        return new MachineFacts(
                descriptors, memory, Integer.parseInt(range[0]), Integer.parseInt(range[1]), zombies(PROC));
    }

    private static String[] portRange() {
        try {
            var words = Files.readString(PORT_RANGE).strip().split("\\s+");
            if (words.length == 2) {
                return words;
            }
        } catch (IOException _) {
            // No /proc on this system: use the defaults of Linux.
        }
        return new String[] {Integer.toString(USUAL_FIRST), Integer.toString(USUAL_LAST)};
    }

    /// Dead processes that process 1 has not reaped.
    ///
    /// @param processOne the name of process 1
    record Zombies(int count, String processOne) {}

    /// @param proc usually `/proc`
    static Zombies zombies(Path proc) {
        var count = 0;
        try (var folders = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (var folder : folders) {
                if (text(folder.resolve("stat")).replaceFirst("(?s).*\\) ", "").startsWith("Z 1 ")) {
                    count++;
                }
            }
        } catch (IOException _) {
            // No /proc on this system.
        }
        return new Zombies(count, text(proc.resolve("1/comm")).strip());
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            return ""; // The process has ended.
        }
    }

    /// The addresses at which other machines may reach this one.
    static List<InetAddress> outerAddresses() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                    .limit(MOST_ADDRESSES)
                    .toList();
        } catch (SocketException _) {
            return List.of();
        }
    }

    /// Whether an address belongs to this machine.
    static boolean isOwn(InetAddress address) {
        try {
            return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException _) {
            return false;
        }
    }
}
