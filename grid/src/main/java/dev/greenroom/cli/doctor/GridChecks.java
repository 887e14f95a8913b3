package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Facts.GridFacts;
import dev.greenroom.session.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;

/// The proxy that answers at the grid's address.
final class GridChecks {
    private static final int CONNECT_MILLIS = 500;

    private GridChecks() {}

    private static GridFacts seen(Facts facts) {
        return facts.grid().found().orElseThrow();
    }

    static List<Finding> reachable(Facts facts) {
        return facts.grid().found().isPresent()
                ? List.of()
                : List.of(
                        facts.grid().refused()
                                ? Finding.error(
                                        "The grid refuses the doctor: "
                                                + facts.grid().why(),
                                        "Give a token with the scope that it asks for (GREENROOM_TOKEN, --token-file),"
                                                + " and check GREENROOM_URL.")
                                : Finding.error(
                                        "The grid does not answer: "
                                                + facts.grid().why(),
                                        "Check GREENROOM_URL, and that a proxy runs there and lets this machine in."));
    }

    static List<Finding> ready(Facts facts) {
        var findings = new ArrayList<Finding>();
        seen(facts)
                .notReady()
                .ifPresent(why -> findings.add(Finding.error(
                        "The proxy is not ready: " + why,
                        "Look at its log; load balancers send it nothing until it is.")));
        if (!seen(facts).state().registryAnswers()) {
            findings.add(Finding.error(
                    "The proxy cannot reach its registry", "Look at its REDIS_URL and at the network between them."));
        }
        return findings;
    }

    static List<Finding> exposure(Facts facts) {
        var grid = facts.settings().grid();
        if (isLoopback(grid.http().getHost())) {
            return seen(facts).openToAll() ? elsewhere(grid.http()) : List.of();
        }
        var findings = new ArrayList<Finding>();
        if (seen(facts).openToAll()) {
            findings.add(Finding.warning(
                    "Whoever reaches " + grid.http() + " can use the grid; it asks for no token",
                    "Set AUTH_TOKENS at every proxy, or put something in front of it that authenticates."));
        }
        if (grid.token().isPresent() && !grid.isSecure()) {
            findings.add(Finding.warning(
                    "The token crosses the network in clear text (" + grid.http() + ")",
                    "Give the grid TLS, or something in front of it that ends TLS, and use wss://."));
        }
        return findings;
    }

    /// A grid that was asked on this machine may be open to others, too: `proxy` listens everywhere by default.
    private static List<Finding> elsewhere(URI url) {
        return Machine.outerAddresses().stream()
                .filter(address -> listens(address, port(url)))
                .findFirst()
                .map(address -> Finding.warning(
                        "Whoever reaches " + url.getScheme() + "://"
                                + Endpoint.authority(address.getHostAddress(), port(url))
                                + " can use the grid; it asks for no token",
                        "Set AUTH_TOKENS at every proxy, or BIND_ADDRESS=127.0.0.1 where only this machine uses it."))
                .stream()
                .toList();
    }

    private static int port(URI url) {
        var usual = url.getScheme().equals("https") ? 443 : 80;
        return url.getPort() < 0 ? usual : url.getPort();
    }

    private static boolean listens(InetAddress address, int port) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), CONNECT_MILLIS);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException _) {
            return false;
        }
    }

    /// Two registries that look alike are the hardest mistake to see.
    static List<Finding> oneRegistry(Facts facts) {
        if (facts.redis().found().isEmpty()) {
            return List.of();
        }
        var known = facts.redis().found().get().workers().stream()
                .map(worker -> worker.id())
                .collect(Collectors.toSet());
        var shown = seen(facts).workers().stream().map(KnownWorker::id).collect(Collectors.toSet());
        var common = new HashSet<>(known);
        common.retainAll(shown);
        return !common.isEmpty() || (known.isEmpty() && shown.isEmpty())
                ? List.of()
                : List.of(Finding.error(
                        "The proxy shows " + shown.size() + " workers, this Redis has " + known.size()
                                + ", and none is the same",
                        "Give proxies, workers and this command the same REDIS_URL, database included."));
    }
}
