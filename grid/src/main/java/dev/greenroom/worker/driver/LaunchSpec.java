package dev.greenroom.worker.driver;

import dev.greenroom.session.BrowserType;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.LaunchOverrides;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How a browser is launched.
///
/// @param executable the browser's program
/// @param channel Playwright's name of a branded browser
/// @param sandbox whether Chromium's own sandbox is on
/// @param args more command line arguments
/// @param features of Chromium that are enabled beside those that Playwright enables: of several arguments
///     `--enable-features` only one counts
/// @param timeout after which the driver gives up
/// @param opensPage whether the browser has to open a page before it counts as launched
/// @param shared whether several sessions may use the browser at once, each of which sees only what is its own
/// @param onConnect set when the browser is launched for one client, and not before that client comes
/// @param protocol in which its clients drive it
public record LaunchSpec(
        BrowserType type,
        Path executable,
        Optional<String> channel,
        boolean headless,
        boolean sandbox,
        List<String> args,
        List<String> features,
        Duration timeout,
        boolean opensPage,
        boolean shared,
        Optional<OnConnect> onConnect,
        ClientProtocol protocol) {
    public LaunchSpec {
        args = List.copyOf(args);
        features = List.copyOf(features);
    }

    /// A launch at once, for clients of Playwright.
    public LaunchSpec(
            BrowserType type,
            Path executable,
            Optional<String> channel,
            boolean headless,
            boolean sandbox,
            List<String> args,
            Duration timeout) {
        this(
                type,
                executable,
                channel,
                headless,
                sandbox,
                args,
                List.of(),
                timeout,
                false,
                false,
                Optional.empty(),
                ClientProtocol.PLAYWRIGHT);
    }

    /// The same launch, which fails when the browser cannot open a page.
    public LaunchSpec openingPage() {
        return with(features, true, shared, protocol);
    }

    /// The same launch, of a browser that several sessions may use at once.
    public LaunchSpec sharing() {
        return with(features, opensPage, true, protocol);
    }

    /// The same launch with these features enabled.
    public LaunchSpec enabling(List<String> names) {
        return with(names, opensPage, shared, protocol);
    }

    /// The same launch, of a browser for clients that speak this protocol.
    public LaunchSpec speaking(ClientProtocol other) {
        return with(features, opensPage, shared, other);
    }

    private LaunchSpec with(List<String> enabled, boolean opening, boolean sharing, ClientProtocol speaking) {
        return new LaunchSpec(
                type,
                executable,
                channel,
                headless,
                sandbox,
                args,
                enabled,
                timeout,
                opening,
                sharing,
                onConnect,
                speaking);
    }

    /// What only a browser that is launched for one client can have.
    ///
    /// @param exposesNetwork whether the browser reaches hosts through its client
    /// @param proxy of the client's own
    /// @param slowMotion a pause before each of the browser's actions
    /// @param firefoxUserPrefs preferences of Firefox
    public record OnConnect(
            boolean exposesNetwork,
            Optional<LaunchOverrides.ClientProxy> proxy,
            Duration slowMotion,
            Map<String, Object> firefoxUserPrefs) {
        public OnConnect {
            firefoxUserPrefs = Map.copyOf(firefoxUserPrefs);
        }
    }
}
