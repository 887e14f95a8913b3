package dev.greenroom.session;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The launch options that a client has chosen for its browser. All of them are harmless: none affects
/// anything but that browser.
///
/// @param exposeNetwork the hosts that the browser reaches through the client, in Playwright's notation,
///     for example `*`
/// @param headless whether the browser runs without a window
/// @param channel Playwright's name of a branded browser
/// @param args command line arguments of Chromium, all of them harmless
/// @param proxy the HTTP or SOCKS proxy of the browser
/// @param slowMotion a pause before each of the browser's actions
/// @param timeout the time limit of the launch
/// @param firefoxUserPrefs preferences of Firefox, all of them harmless; values are booleans, whole
///     numbers and strings
public record LaunchOverrides(
        Optional<String> exposeNetwork,
        Optional<Boolean> headless,
        Optional<String> channel,
        List<String> args,
        Optional<ClientProxy> proxy,
        Optional<Duration> slowMotion,
        Optional<Duration> timeout,
        Map<String, Object> firefoxUserPrefs) {
    /// No launch options.
    public static final LaunchOverrides NONE = new LaunchOverrides(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of());

    /// The proxy that a client has chosen for its browser.
    ///
    /// @param server for example `http://proxy:3128`
    /// @param bypass hosts that are reached without it, comma-separated
    public record ClientProxy(
            String server, Optional<String> bypass, Optional<String> username, Optional<String> password) {
        /// Omits the credentials.
        @Override
        public String toString() {
            return "proxy " + server;
        }
    }

    public LaunchOverrides {
        args = List.copyOf(args);
        firefoxUserPrefs = Collections.unmodifiableMap(new LinkedHashMap<>(firefoxUserPrefs));
    }
}
