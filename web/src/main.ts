import "./screen/app";
