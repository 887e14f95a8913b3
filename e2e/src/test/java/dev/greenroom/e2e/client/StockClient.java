package dev.greenroom.e2e.client;

/// A Playwright client that nobody changed.
public interface StockClient {

    /// Its version, such as `1.62.1`.
    String version();

    /// Connects, does on a [dev.greenroom.e2e.grid.TestSite] what people do on web sites, and closes.
    ///
    /// @param connectString for example `ws://localhost:8080`
    /// @throws ClientFailedException with what the client printed
    Visit visit(String connectString, String site);
}
