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

    /// A launch for a client of Playwright.
    public LaunchSpec(
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
            Optional<OnConnect> onConnect) {
        this(
                type,
                executable,
                channel,
                headless,
                sandbox,
                args,
                features,
                timeout,
                opensPage,
                shared,
                onConnect,
                ClientProtocol.PLAYWRIGHT);
    }

    /// A launch at once.
    public LaunchSpec(
            BrowserType type,
            Path executable,
            Optional<String> channel,
            boolean headless,
            boolean sandbox,
            List<String> args,
            Duration timeout) {
        this(type, executable, channel, headless, sandbox, args, List.of(), timeout, false, false, Optional.empty());
    }

    /// The same launch, which fails when the browser cannot open a page.
    public LaunchSpec openingPage() {
        return new LaunchSpec(
                type,
                executable,
                channel,
                headless,
                sandbox,
                args,
                features,
                timeout,
                true,
                shared,
                onConnect,
                protocol);
    }

    /// The same launch, of a browser that several sessions may use at once.
    public LaunchSpec sharing() {
        return new LaunchSpec(
                type,
                executable,
                channel,
                headless,
                sandbox,
                args,
                features,
                timeout,
                opensPage,
                true,
                onConnect,
                protocol);
    }

    /// The same launch with these features enabled too.
    public LaunchSpec enabling(List<String> more) {
        return new LaunchSpec(
                type,
                executable,
                channel,
                headless,
                sandbox,
                args,
                more,
                timeout,
                opensPage,
                shared,
                onConnect,
                protocol);
    }

    /// The same launch, of a browser for clients that speak this protocol.
    public LaunchSpec speaking(ClientProtocol other) {
        return new LaunchSpec(
                type,
                executable,
                channel,
                headless,
                sandbox,
                args,
                features,
                timeout,
                opensPage,
                shared,
                onConnect,
                other);
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
