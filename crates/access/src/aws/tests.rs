//! Names, hosts and regions that follow from an integration.
