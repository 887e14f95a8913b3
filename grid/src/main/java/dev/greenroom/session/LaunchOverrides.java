package dev.greenroom.session;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a client wants to be otherwise with its browser. Nothing in here lets it reach beyond that browser.
///
/// @param exposeNetwork which hosts the browser reaches through the client, in Playwright's notation, for
///     example `*`
/// @param headless whether the browser has no window
/// @param channel Playwright's name of a branded browser
/// @param args command line arguments of Chromium, all of them harmless
/// @param proxy through which the browser reaches the world
/// @param slowMotion a pause before each of the browser's actions
/// @param timeout of the launch
/// @param firefoxUserPrefs preferences of Firefox, all of them harmless; values are booleans, whole numbers
///     and strings
public record LaunchOverrides(
        Optional<String> exposeNetwork,
        Optional<Boolean> headless,
        Optional<String> channel,
        List<String> args,
        Optional<ClientProxy> proxy,
        Optional<Duration> slowMotion,
        Optional<Duration> timeout,
        Map<String, Object> firefoxUserPrefs) {
    /// A browser as it comes.
    public static final LaunchOverrides NONE = new LaunchOverrides(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of());

    /// A proxy of the client's own.
    ///
    /// @param server for example `http://proxy:3128`
    /// @param bypass hosts that are reached without it, separated by commas
    public record ClientProxy(
            String server, Optional<String> bypass, Optional<String> username, Optional<String> password) {
        /// Without the password.
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
