package dev.greenroom.worker.driver;

/// Starts drivers.
public interface Drivers {
    /// Starts a driver and waits until it takes orders, for some seconds at most.
    ///
    /// @throws DriverFailedException when it does not start
    Driver start(DriverPackage driver) throws InterruptedException;
}
