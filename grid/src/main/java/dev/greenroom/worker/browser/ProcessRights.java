package dev.greenroom.worker.browser;

import dev.greenroom.worker.browser.BrowserUsers.CurrentUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/// The rights of this process.
///
/// @param rootOnLinux whether it runs as root on Linux
/// @param capabilities the kernel's bits for what it may do now
record ProcessRights(boolean rootOnLinux, long capabilities) {
    /// The capabilities for running programs as another user: to give files to it, to delete its files, to
    /// kill its processes, and to become it.
    private static final List<String> NAMES = List.of("CHOWN", "DAC_OVERRIDE", "KILL", "SETGID", "SETUID");

    private static final List<Integer> BITS = List.of(0, 1, 5, 6, 7);

    /// Of this process.
    static ProcessRights here() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            var bits = lines.filter(line -> line.startsWith("CapEff:"))
                    .map(line -> line.substring("CapEff:".length()).strip())
                    .findFirst()
                    .orElse("0");
            return new ProcessRights(CurrentUser.isRoot(), Long.parseUnsignedLong(bits, 16));
        } catch (IOException | NumberFormatException _) {
            return new ProcessRights(false, 0); // not Linux
        }
    }

    /// The names of missing capabilities.
    List<String> missing() {
        return IntStream.range(0, NAMES.size())
                .filter(at -> (capabilities >> BITS.get(at) & 1) == 0)
                .mapToObj(NAMES::get)
                .toList();
    }

    /// Whether this is the name or the id of its user.
    boolean isMe(String user) {
        return user.equals(System.getProperty("user.name")) || user.equals(CurrentUser.number());
    }
}
