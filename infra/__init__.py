"""Azure: Bicep, and what azd's hooks do where Bicep does not reach. Tools of who deploys; never deployed."""
