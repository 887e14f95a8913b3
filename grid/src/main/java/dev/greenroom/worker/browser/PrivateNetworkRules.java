package dev.greenroom.worker.browser;

import dev.greenroom.worker.driver.SandboxPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Tells chromium which hosts its pages may not open. It goes by what is written: the machine's own name and
/// those in its hosts file are among them, a name that the DNS resolves to a private address is not, and a
/// proxy of the client's own resolves for itself.
/// WebRTC asks nobody for the addresses that it sends datagrams to, so it sends none.
final class PrivateNetworkRules {
    private static final String RULES = "--host-resolver-rules=";
    private static final String WEBRTC = "--force-webrtc-ip-handling-policy=";

    private static final Path HOSTS = Path.of("/etc/hosts");
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    /// All names together have to fit into one argument of a command line.
    private static final int MOST_NAMES = 1_000;

    private static final Pattern NAME = Pattern.compile("[a-z0-9._-]{1,253}");

    private PrivateNetworkRules() {}

    /// The arguments with the rules added to those that the operator may have.
    static List<String> added(List<String> args) {
        return added(args, lines(HOSTS), lines(HOST_NAME));
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException _) {
            return List.of(); // there are no such names then
        }
    }

    /// @param hosts the lines of the machine's hosts file
    /// @param ownNames the machine's own names
    static List<String> added(List<String> args, List<String> hosts, List<String> ownNames) {
        var all = new ArrayList<>(args);
        var theirs = all.stream()
                .filter(argument -> argument.startsWith(RULES))
                .map(argument -> argument.substring(RULES.length()) + ",")
                .findFirst()
                .orElse("");
        all.removeIf(argument -> argument.startsWith(RULES));
        all.add(RULES + theirs + rules(localNames(hosts, ownNames)));
        if (all.stream().noneMatch(argument -> argument.startsWith(WEBRTC))) {
            all.add(WEBRTC + "disable_non_proxied_udp");
        }
        return List.copyOf(all);
    }

    private static Stream<String> localNames(List<String> hosts, List<String> ownNames) {
        var named = hosts.stream()
                .map(line -> line.replaceFirst("#.*", "").strip().split("\\s+", -1))
                .filter(entry -> isPrivate(entry[0]))
                .flatMap(entry -> Arrays.stream(entry).skip(1));
        return Stream.concat(ownNames.stream(), named)
                .map(name -> name.strip().toLowerCase(Locale.ROOT))
                .filter(name -> NAME.matcher(name).matches())
                .distinct()
                .limit(MOST_NAMES);
    }

    private static boolean isPrivate(String literal) {
        try {
            return SandboxPolicy.isPrivate(InetAddress.ofLiteral(literal));
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private static String rules(Stream<String> localNames) {
        // A name may end with a dot, which chromium keeps.
        var names = Stream.concat(Stream.of("localhost", "*.localhost", "*.local", "*.internal"), localNames)
                .flatMap(name -> Stream.of(name, name + "."));
        var numbers = Stream.of("0.*.*.*", "10.*.*.*", "127.*.*.*", "169.254.*.*", "192.168.*.*");
        var ranges = Stream.concat(
                IntStream.range(16, 32).mapToObj(second -> "172." + second + ".*.*"),
                IntStream.range(64, 128).mapToObj(second -> "100." + second + ".*.*"));
        var six = Stream.of("::*", "fc*:*", "fd*:*", "fe8*:*", "fe9*:*", "fea*:*", "feb*:*", "64:ff9b:*");
        return String.join(
                ",",
                Stream.of(names, numbers, ranges, six)
                        .flatMap(hosts -> hosts)
                        .map(host -> "MAP " + host + " ~NOTFOUND")
                        .toList());
    }
}
