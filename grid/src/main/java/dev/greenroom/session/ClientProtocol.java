package dev.greenroom.session;

/// The protocol in which a client drives its browser.
public enum ClientProtocol {
    PLAYWRIGHT("playwright"),

    /// The Chrome DevTools Protocol.
    CDP("cdp");

    private final String wireName;

    ClientProtocol(String wireName) {
        this.wireName = wireName;
    }

    /// The name in headers, logs and metrics.
    public String wireName() {
        return wireName;
    }
}
