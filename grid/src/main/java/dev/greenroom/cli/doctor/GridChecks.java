package dev.greenroom.cli.doctor;

import dev.greenroom.cli.api.GridApi.GridApiException.TokenAdvice;
import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.cli.doctor.DoctorFacts.GridFacts;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.WorkerEndpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Checks of the proxy at the address of the grid.
final class GridChecks {
    private static final int CONNECT_MILLIS = 500;

    private GridChecks() {}

    private static GridFacts seen(DoctorFacts facts) {
        return facts.grid().found().orElseThrow();
    }

    static List<DoctorFinding> reachable(DoctorFacts facts) {
        return facts.grid().found().isPresent()
                ? List.of()
                : List.of(
                        facts.grid().refused()
                                ? DoctorFinding.error(
                                        "The grid refuses the doctor: "
                                                + facts.grid().why(),
                                        "Set a token with the required scope (GREENROOM_TOKEN, --token-file),"
                                                + " and check GREENROOM_URL.")
                                : DoctorFinding.error(
                                        "The grid does not answer: "
                                                + facts.grid().why(),
                                        "Check GREENROOM_URL, and that a proxy runs there and accepts connections from this machine."));
    }

    static List<DoctorFinding> ready(DoctorFacts facts) {
        var findings = new ArrayList<DoctorFinding>();
        seen(facts)
                .notReady()
                .ifPresent(why -> findings.add(DoctorFinding.error(
                        "The proxy is not ready: " + why,
                        "Check its log; load balancers send it no clients until it is ready.")));
        if (!seen(facts).state().registryAnswers()) {
            findings.add(DoctorFinding.error(
                    "The proxy cannot reach its registry", "Check its REDIS_URL and the network between them."));
        }
        return findings;
    }

    static List<DoctorFinding> exposure(DoctorFacts facts) {
        var grid = facts.settings().grid();
        if (isLoopback(grid.http().getHost())) {
            return seen(facts).openToAll() ? elsewhere(grid.http()) : List.of();
        }
        var findings = new ArrayList<DoctorFinding>();
        if (seen(facts).openToAll()) {
            findings.add(DoctorFinding.warning(
                    "Anyone who can reach " + grid.http() + " can use the grid; it requires no token",
                    "Set AUTH_TOKENS at every proxy, or put an authenticating proxy in front."));
        }
        if (grid.token().isPresent() && !grid.isSecure()) {
            findings.add(DoctorFinding.warning(
                    "The token is sent over the network unencrypted (" + grid.http() + ")",
                    "Enable TLS, at the grid or at a load balancer in front of it, and use wss://."));
        }
        return findings;
    }

    /// A grid on this machine may be open to other machines too: `proxy` listens on all addresses by
    /// default.
    private static List<DoctorFinding> elsewhere(URI url) {
        return MachineFacts.outerAddresses().stream()
                .filter(address -> listens(address, port(url)))
                .findFirst()
                .map(
                        address -> DoctorFinding.warning(
                                "Anyone who can reach " + url.getScheme() + "://"
                                        + WorkerEndpoint.authority(address.getHostAddress(), port(url))
                                        + " can use the grid; it requires no token",
                                "Set AUTH_TOKENS at every proxy, or BIND_ADDRESS=127.0.0.1 if only this machine uses the grid."))
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

    /// Detects a proxy and a REDIS_URL with different registries.
    static List<DoctorFinding> oneRegistry(DoctorFacts facts) {
        if (facts.redis().found().isEmpty()) {
            return List.of();
        }
        var known = facts.redis().found().get().workers().stream()
                .map(worker -> worker.id())
                .collect(Collectors.toSet());
        var shown = seen(facts).workers().stream().map(ExaminedWorker::id).collect(Collectors.toSet());
        var common = new HashSet<>(known);
        common.retainAll(shown);
        return !common.isEmpty() || (known.isEmpty() && shown.isEmpty())
                ? List.of()
                : List.of(DoctorFinding.error(
                        "The proxy shows " + shown.size() + " workers, this Redis has " + known.size()
                                + ", with none in common",
                        "Set the same REDIS_URL for proxies, workers and this command, including the database."));
    }

    /// Opens a session for each browser type that has an available worker, in each protocol that it speaks.
    static final class SessionCheck {
        private static final String LOOK = "Find the session in the logs of the proxy and of the workers of this type.";

        private SessionCheck() {}

        static List<DoctorFinding> sessions(DoctorFacts facts) throws InterruptedException {
            var findings = new ArrayList<DoctorFinding>();
            if (facts.settings().examination().noSession()) {
                return findings;
            }
            for (var browser : BrowserType.values()) {
                var served = facts.grid().found().orElseThrow().workers().stream()
                        .anyMatch(worker ->
                                worker.isAvailable() && worker.browser().equals(browser.wireName()));
                if (served) {
                    trial(facts, browser).ifPresent(findings::add);
                }
            }
            return findings;
        }

        /// The session over CDP is opened where the other one succeeded.
        private static Optional<DoctorFinding> trial(DoctorFacts facts, BrowserType browser)
                throws InterruptedException {
            var failed =
                    facts.trial().of(browser, ClientProtocol.PLAYWRIGHT).map(why -> finding(facts, "", browser, why));
            return failed.isPresent() || browser != BrowserType.CHROMIUM
                    ? failed
                    : facts.trial()
                            .of(browser, ClientProtocol.CDP)
                            .map(why -> finding(facts, " over CDP", browser, why));
        }

        private static DoctorFinding finding(DoctorFacts facts, String how, BrowserType browser, String why) {
            return DoctorFinding.error(
                    "A session with " + browser.wireName() + how + " failed at " + why,
                    TokenAdvice.ofSession(facts.settings().grid(), why).orElse(LOOK));
        }
    }
}
