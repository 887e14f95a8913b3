package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/// Whether workers are reachable at their registered addresses.
final class AddressChecks {
    private static final int DIAL_MILLIS = 2_000;
    private static final int MAX_HEAD_BYTES = 512;
    private static final int MOST_DIALLED = 500;
    private static final String REMEDY =
            "Set PRIVATE_HOSTNAME of the worker to a name or address that proxies can reach, and open its port to them.";

    private AddressChecks() {}

    static List<DoctorFinding> unique(DoctorFacts facts) {
        return facts.workers().stream()
                .filter(worker -> !worker.host().isEmpty())
                .collect(Collectors.groupingBy(ExaminedWorker::address))
                .entrySet()
                .stream()
                .filter(same -> same.getValue().size() > 1)
                .map(same -> DoctorFinding.error(
                        same.getValue().stream()
                                        .map(ExaminedWorker::id)
                                        .sorted()
                                        .collect(Collectors.joining(" and ")) + " are registered at the same address, "
                                + same.getKey(),
                        "Give each worker an address of its own: unset PRIVATE_HOSTNAME, or set PORT. If one of them"
                                + " has just died, its record expires within REDIS_KEY_TTL."))
                .toList();
    }

    static List<DoctorFinding> exposure(DoctorFacts facts) {
        return facts.workers().stream()
                .filter(worker -> addresses(worker).stream().anyMatch(AddressChecks::isPublic))
                .map(worker -> DoctorFinding.error(
                        worker.id() + " is registered at a public address, " + worker.address(),
                        "Move workers to a private network; clients only need the port of the proxies."))
                .toList();
    }

    static boolean isPublic(InetAddress address) {
        var first = address.getAddress()[0] & 0xff;
        var second = address.getAddress()[1] & 0xff;
        var uniqueLocal = !(address instanceof Inet4Address) && (first & 0xfe) == 0xfc;
        var carrier = address instanceof Inet4Address && first == 100 && second >= 64 && second < 128;
        return !address.isLoopbackAddress()
                && !address.isSiteLocalAddress()
                && !address.isLinkLocalAddress()
                && !address.isAnyLocalAddress()
                && !uniqueLocal
                && !carrier;
    }

    private static List<InetAddress> addresses(ExaminedWorker worker) {
        try {
            return worker.host().isEmpty() ? List.of() : List.of(InetAddress.getAllByName(worker.host()));
        } catch (UnknownHostException _) {
            return List.of();
        }
    }

    static List<DoctorFinding> reachable(DoctorFacts facts) throws InterruptedException {
        var findings = new ArrayList<DoctorFinding>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var dialled = facts.workers().stream().limit(MOST_DIALLED).toList();
            List<Future<Optional<String>>> dials = new ArrayList<>();
            dialled.forEach(worker -> dials.add(threads.submit(() -> dial(worker))));
            for (var n = 0; n < dials.size(); n++) {
                var worker = dialled.get(n);
                dials.get(n).get().ifPresent(why -> findings.add(DoctorFinding.error(worker.id() + " " + why, REMEDY)));
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        return findings;
    }

    /// What is wrong; empty if the worker answers.
    private static Optional<String> dial(ExaminedWorker worker) {
        if (worker.host().isEmpty()) {
            return Optional.of("has an invalid record");
        }
        var addresses = addresses(worker);
        if (addresses.isEmpty()) {
            return Optional.of("is registered at " + worker.address() + ", a name that cannot be resolved here");
        }
        try (var socket = new Socket()) {
            socket.setSoTimeout(DIAL_MILLIS);
            socket.connect(new InetSocketAddress(addresses.getFirst(), worker.port()), DIAL_MILLIS);
            var request = "GET / HTTP/1.1\r\nHost: " + worker.address() + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            var head = new String(socket.getInputStream().readNBytes(MAX_HEAD_BYTES), StandardCharsets.ISO_8859_1);
            return head.matches("(?s)HTTP/1\\.1 200 .*")
                    ? Optional.empty()
                    : Optional.of("is registered at " + worker.address() + ", but something else answers there");
        } catch (IOException e) {
            return Optional.of("cannot be reached from here at " + worker.address() + " (" + e.getMessage() + ")");
        }
    }
}
