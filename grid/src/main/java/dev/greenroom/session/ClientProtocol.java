package dev.greenroom.session;

import java.util.Optional;
import java.util.stream.Stream;

/// The protocol in which a client drives its browser.
public enum ClientProtocol {
    PLAYWRIGHT("playwright"),

    /// The Chrome DevTools Protocol.
    CDP("cdp");

    private final String wireName;

    ClientProtocol(String wireName) {
        this.wireName = wireName;
    }

    /// The protocol with this name; empty when there is none.
    public static Optional<ClientProtocol> of(String wireName) {
        return Stream.of(values()).filter(it -> it.wireName.equals(wireName)).findFirst();
    }

    /// The name in headers, logs and metrics.
    public String wireName() {
        return wireName;
    }
}
