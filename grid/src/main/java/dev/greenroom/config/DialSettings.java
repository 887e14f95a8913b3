package dev.greenroom.config;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/// How a proxy reaches a worker.
@Section("Reaching workers")
public record DialSettings(
        @Setting(
                name = "WORKER_DIAL_TIMEOUT",
                fallback = "2s",
                meaning = "How long a worker may take to accept a connection, over 0.")
        Duration dialTimeout,

        @Setting(
                name = "WORKER_HANDSHAKE_TIMEOUT",
                fallback = "10s",
                meaning = "How long a worker may take to answer the upgrade (it may have to launch a browser), over 0.")
        Duration handshakeTimeout,

        @Setting(
                name = "WORKER_ADDRESSES",
                meaning = "Ranges of addresses (CIDR) in which workers are, behind commas. No other address is dialled,"
                        + " whatever a record says. Without it, any.")
        List<String> addresses) {
    /// Every wait has an end.
    public DialSettings {
        addresses = addresses.stream()
                .flatMap(word -> Stream.of(word.split(",", -1)))
                .filter(word -> !word.isEmpty())
                .toList();
        new Rules()
                .that(
                        addresses.stream()
                                .allMatch(text -> AddressRange.of(text).isPresent()),
                        "must be ranges such as 10.1.0.0/16 or fd00::/8, or addresses, behind commas",
                        "WORKER_ADDRESSES")
                .positive("WORKER_DIAL_TIMEOUT", dialTimeout)
                .positive("WORKER_HANDSHAKE_TIMEOUT", handshakeTimeout)
                .check();
    }

    /// Whether a worker may be at an address.
    public boolean allows(InetAddress address) {
        return addresses.isEmpty()
                || addresses.stream()
                        .flatMap(text -> AddressRange.of(text).stream())
                        .anyMatch(range -> range.contains(address));
    }
}
