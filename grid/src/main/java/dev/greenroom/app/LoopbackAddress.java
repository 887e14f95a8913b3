package dev.greenroom.app;

import dev.greenroom.config.CommandSettings.GridSettings;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;

/// Finds the address at which a client on this machine reaches a grid on this machine. `localhost` may be
/// an IPv4 address, an IPv6 address or both.
final class LoopbackAddress {
    private static final String LOCALHOST = "localhost";
    private static final List<String> LOOPBACK = List.of("127.0.0.1", "::1");
    private static final Duration CONNECT_TIMEOUT = Duration.ofMillis(500);

    private LoopbackAddress() {}

    /// The host for a client on this machine: `localhost` if that name resolves to the bound address.
    static String of(String bound) {
        return of(bound, addresses(LOCALHOST));
    }

    /// @param localhost what `localhost` resolves to
    static String of(String bound, List<InetAddress> localhost) {
        var version4 = localhost.stream().anyMatch(address -> address instanceof Inet4Address);
        return switch (bound) {
            case "0.0.0.0" -> version4 ? LOCALHOST : "127.0.0.1";
            case "::" -> localhost.isEmpty() ? "127.0.0.1" : LOCALHOST;
            default -> isOneOf(bound, localhost) ? LOCALHOST : bound;
        };
    }

    private static boolean isOneOf(String bound, List<InetAddress> localhost) {
        try {
            return LOOPBACK.contains(bound) && localhost.contains(InetAddress.ofLiteral(bound));
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private static List<InetAddress> addresses(String name) {
        try {
            return Arrays.asList(InetAddress.getAllByName(name));
        } catch (UnknownHostException _) {
            return List.of();
        }
    }

    /// The settings with a loopback address that accepts connections: the grid may listen on another one
    /// than `localhost` resolves to. Settings with another host, or with TLS (the certificate names the
    /// host), do not change.
    static GridSettings reachable(GridSettings grid) {
        var url = URI.create(grid.url());
        if (!LOCALHOST.equalsIgnoreCase(url.getHost()) || grid.isSecure()) {
            return grid;
        }
        var port = url.getPort() < 0 ? 80 : url.getPort();
        var hosts = new LinkedHashSet<String>(List.of(LOCALHOST));
        hosts.addAll(LOOPBACK);
        return hosts.stream()
                .filter(host -> answers(host, port))
                .findFirst()
                .map(host -> host.equals(LOCALHOST) ? grid : new GridSettings(at(url, host), grid.token(), grid.ca()))
                .orElse(grid);
    }

    private static String at(URI url, String host) {
        var bracketed = host.contains(":") ? "[" + host + "]" : host;
        return url.toString().replaceFirst("(?i)//localhost", "//" + bracketed);
    }

    private static boolean answers(String host, int port) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), (int) CONNECT_TIMEOUT.toMillis());
            return true;
        } catch (IOException _) {
            return false;
        }
    }
}
