package dev.greenroom.worker.browser;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Tells chromium which hosts its pages may not open. It goes by what is written: a name that the network
/// resolves to a private address is not among them, and a proxy of the client's own resolves for itself.
/// WebRTC asks nobody for the addresses that it sends datagrams to, so it sends none.
final class PrivateNetworkRules {
    private static final String RULES = "--host-resolver-rules=";
    private static final String WEBRTC = "--force-webrtc-ip-handling-policy=";

    private PrivateNetworkRules() {}

    /// The arguments with the rules added to those that the operator may have.
    static List<String> added(List<String> args) {
        var all = new ArrayList<>(args);
        var theirs = all.stream()
                .filter(argument -> argument.startsWith(RULES))
                .map(argument -> argument.substring(RULES.length()) + ",")
                .findFirst()
                .orElse("");
        all.removeIf(argument -> argument.startsWith(RULES));
        all.add(RULES + theirs + rules());
        if (all.stream().noneMatch(argument -> argument.startsWith(WEBRTC))) {
            all.add(WEBRTC + "disable_non_proxied_udp");
        }
        return List.copyOf(all);
    }

    private static String rules() {
        // A name may end with a dot, which chromium keeps.
        var names = Stream.of("localhost", "*.localhost", "*.local", "*.internal")
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
